# args: --no-cache
FROM busybox
ENV A=1
RUN touch /x
