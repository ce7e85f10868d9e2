# twice
FROM busybox
RUN echo x > /x
COPY a /a
ENV A=1
WORKDIR /w
CMD x
