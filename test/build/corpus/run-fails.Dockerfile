FROM busybox
RUN exit 7
