FROM busybox
COPY --chown=daemon a /1
COPY --chown=daemon:audio dir /2
COPY --chown=1000:2000 a /3/4/5
COPY --chown=7 a dir /6/
COPY --chown=daemon:29 dir /etc
