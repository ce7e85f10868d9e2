# args: --label x=y --label a="b c"
FROM busybox
LABEL x=z
