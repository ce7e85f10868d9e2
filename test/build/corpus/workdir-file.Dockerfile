FROM busybox
RUN echo > /file
WORKDIR /file
