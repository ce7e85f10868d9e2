FROM busybox
RUN mkdir /real && ln -s /real /lnk && ln -s /real/file /flnk
COPY dir /lnk
COPY a /flnk
