FROM busybox
COPY a b.txt /x
