FROM busybox AS base
ONBUILD RUN echo triggered > /t
ONBUILD COPY a /a
ONBUILD ENV X=1
FROM base
RUN cat /t
