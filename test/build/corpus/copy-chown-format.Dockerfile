FROM busybox
COPY --chown=1:2:3 a /a
