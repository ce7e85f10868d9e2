FROM busybox
WORKDIR /w/x
COPY a .
COPY dir ./
COPY a ../up
COPY a here/
