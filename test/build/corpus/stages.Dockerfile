FROM busybox AS one
RUN echo 1 > /one
FROM one AS two
RUN echo 2 > /two
FROM two
COPY --from=one /one /copy
