FROM busybox
COPY --chown= a /a
COPY --chown=:5 a /b
