FROM busybox
RUN mkdir -p /x/sub && echo old > /x/f && ln -s /x /y
COPY dir /x
COPY a /x/f
COPY a /y/
COPY a /y/deep/er/
