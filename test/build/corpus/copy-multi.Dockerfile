FROM busybox
COPY a b.txt /m/
COPY a dir /n/
COPY ["a", "with space", "/o/"]
