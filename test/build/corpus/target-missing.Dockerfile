# args: --target nope
FROM busybox
