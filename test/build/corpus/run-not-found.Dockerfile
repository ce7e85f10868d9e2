FROM busybox
RUN nonesuch --now
