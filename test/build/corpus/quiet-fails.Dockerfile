# args: -q
FROM busybox
RUN echo said; exit 5
