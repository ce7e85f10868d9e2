# escape=`
FROM busybox
RUN echo a `
  b > /x
ENV P=C:\dir
