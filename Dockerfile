# One image for the console and for each service of the shop; docker-compose.yml says which command runs where.

FROM python:3.13-slim AS builder
WORKDIR /build
RUN python -m venv --without-pip /opt/faultlab
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock ./
RUN pip --python /opt/faultlab install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY scenarios scenarios
COPY services services
COPY lab lab
RUN pip --python /opt/faultlab install --no-deps --no-build-isolation . \
 && pip --python /opt/faultlab uninstall --yes hatchling editables

FROM python:3.13-slim
# What the folders below belong to; docker-compose.yml lets the database read one of them by this group.
RUN groupadd --gid 10001 faultlab \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/faultlab --shell /usr/sbin/nologin faultlab \
 && install -d -o 10001 -g 10001 -m 0750 /var/lib/faultlab /run/faultlab/control /run/faultlab/database
COPY --from=builder /opt/faultlab /opt/faultlab
ENV PATH=/opt/faultlab/bin:/usr/local/bin:/usr/bin:/bin LAB_HOME=/var/lib/faultlab PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
# Which code it was built from, so that `lab start` knows when to build anew.
ARG SOURCE=unknown
LABEL faultlab.source=$SOURCE
CMD ["lab", "--help"]
