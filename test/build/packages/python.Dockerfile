FROM debian-like:1
ENV PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY *.whl ./
RUN python3 -m pip install -q --no-index --no-compile --break-system-packages --root-user-action=ignore ./*.whl
RUN greeting
ENTRYPOINT ["greeting"]
