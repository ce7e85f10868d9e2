FROM busybox
COPY nope /x
