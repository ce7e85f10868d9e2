FROM scratch
COPY a /
ENV A=1
WORKDIR /w
CMD ["/a"]
