# args: --rm=false
FROM busybox
ENV A=1
COPY a /a
WORKDIR /w
RUN echo a > b
