FROM busybox
MAINTAINER Some One <one@example.org>
RUN touch /x
ENV A=1
