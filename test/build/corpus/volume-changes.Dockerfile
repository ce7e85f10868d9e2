FROM busybox
VOLUME ["/v", "/w x"]
RUN echo lost > /v/x; ls -A /v
COPY a /v/a
RUN ls -A /v
