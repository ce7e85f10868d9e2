FROM busybox
RUN true
RUN touch /f
RUN true
