FROM busybox
WORKDIR /x/../y/./z/
RUN pwd
WORKDIR sub/
COPY a ./
