FROM busybox
WORKDIR /a
WORKDIR b
RUN pwd > where
WORKDIR /etc
RUN pwd > /etc/where
