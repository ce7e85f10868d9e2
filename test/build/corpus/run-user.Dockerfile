FROM busybox
USER daemon
RUN id > /tmp/id
USER 1000:2000
RUN id -u > /tmp/id2; id -g >> /tmp/id2
