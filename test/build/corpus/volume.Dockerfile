FROM busybox
RUN mkdir /v && echo x > /v/f
VOLUME /v
RUN echo lost > /v/g
VOLUME ["/a b", "/c"]
VOLUME /d /e
