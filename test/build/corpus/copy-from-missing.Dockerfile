FROM busybox AS one
FROM busybox
COPY --from=one /nope /x
