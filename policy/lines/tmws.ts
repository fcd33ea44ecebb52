import { because, type Line, line } from "./line.ts";

/** Guides 000 and 001: TMWS 2.4 and 2.3.1. */
export const tmwsLines: readonly Line[] = [
  line("000:43", "Docker 24.0+", because.host),
  line("000:46", "Docker Compose 2.0+", "Compose is not used: Slipway talks to the engine's API"),
  line("000:49", "10 GB of free disk", because.host),
  line("000:52", "4 GB of memory", because.host),
  line("000:59", "Backup of the database"),
  line("000:62", "Backup of ChromaDB"),
  line(
    "000:65",
    "Backup of the configuration",
    "a file of the checkout: Pulumi.<stack>.yaml is versioned, its secrets encrypted",
  ),
  line("000:72", "Pull the new image"),
  line("000:75", "Verify the image"),
  line("001:275", "TMWS_SECRET_KEY: unique 64-character hex string"),
  line("001:276", "TMWS_ENVIRONMENT: production"),
  line("001:277", "TMWS_CORS_ORIGINS: restricted, no *"),
  line("001:278", "TMWS_LOG_LEVEL: INFO or WARNING, not DEBUG"),
  line("001:281", "TMWS_AUTH_ENABLED: true"),
  line("001:282", "TMWS_RATE_LIMIT_ENABLED: true"),
  line("001:283", "TMWS_SECURITY_HEADERS_ENABLED: true"),
  line("001:284", "TMWS_AUDIT_LOG_ENABLED: true"),
  line("001:285", "TMWS_NAMESPACE_ISOLATION_ENABLED: true"),
  line("001:288", "Non-root user: uid 1000"),
  line("001:289", "Resource limits: CPU and memory"),
  line("001:290", "No secrets in the image: environment-based configuration"),
  line("001:291", "Health checks enabled"),
  line("001:462", "Backup of the SQLite database"),
  line("001:463", "Backup of the ChromaDB vectors"),
  line("001:464", "Environment config stored securely"),
];
