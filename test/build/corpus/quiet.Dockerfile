# args: -q
FROM busybox
ENV quiet=1
