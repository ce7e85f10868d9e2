FROM busybox
SHELL ["/bin/sh", "-exc"]
RUN echo x > /x
CMD y
ENTRYPOINT z
ENV A=1
