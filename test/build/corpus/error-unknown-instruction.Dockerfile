FROM busybox
RUM x
