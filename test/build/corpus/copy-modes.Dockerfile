FROM busybox
COPY modes /m
COPY modes/setuid /s
