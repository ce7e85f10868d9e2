FROM busybox
RUN echo > /file
COPY a /file/
