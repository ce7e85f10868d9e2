# args: --target two
FROM busybox AS one
RUN touch /one
FROM one AS two
RUN touch /two
FROM two AS three
RUN touch /three
