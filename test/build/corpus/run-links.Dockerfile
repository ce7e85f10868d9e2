FROM busybox
RUN mkdir /l && echo x > /l/a && ln /l/a /l/b && ln -s ../etc/passwd /l/s && mkfifo /l/p && mknod /l/null c 1 3
