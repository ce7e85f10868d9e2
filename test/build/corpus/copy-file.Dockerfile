FROM busybox
COPY a /a
COPY a /new/folder/
COPY a /new/name
COPY a etc/
COPY a /etc
COPY ./a .
