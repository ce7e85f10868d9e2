FROM busybox
COPY t.tar.gz /t
