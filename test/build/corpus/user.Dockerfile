FROM busybox
USER daemon
USER 1000
USER 1:2
