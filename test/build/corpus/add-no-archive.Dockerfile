FROM busybox
ADD a /a
ADD not.gz /n
ADD dir /d
