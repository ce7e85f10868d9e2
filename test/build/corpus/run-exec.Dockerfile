FROM busybox
RUN ["/bin/sh", "-c", "echo exec > /x"]
RUN ["touch", "/with space"]
