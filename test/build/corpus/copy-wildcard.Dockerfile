FROM busybox
COPY *.txt /t/
COPY d?r /u/
COPY dir/*/ /w/
COPY [ab]* /x/
