FROM busybox AS a
ENV twice=1
FROM busybox AS a
