FROM busybox
COPY --chown=somebody a /1
