FROM busybox AS first
RUN echo first > /first
FROM busybox AS base
ONBUILD COPY --from=first /first /copied
FROM base
RUN cat /copied
