FROM busybox
RUN rm /bin/wget && rm -rf /home && mkdir /home && rm -rf /etc/group
