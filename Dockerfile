# docker build -t learner-analytics .        docs/operating.md says how it is run
FROM node:24-trixie-slim AS web
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
RUN node scripts/build-web.ts

FROM node:24-trixie-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY bin bin
COPY scripts scripts
COPY src src
COPY --from=web /app/dist/web dist/web
# as the user of the LMS's own images (1000), who owns the logs of a Tutor site
RUN ln -s /app/bin/learner-analytics.js /usr/local/bin/learner-analytics && install -d -o node -g node -m 700 /data
ENV DATA_DIR=/data HOST=0.0.0.0
USER node
VOLUME /data
EXPOSE 8100
HEALTHCHECK --interval=30s --timeout=10s --start-period=2m \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8100}/api/v0/status/`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["learner-analytics"]
CMD ["serve"]
