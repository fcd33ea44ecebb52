-- The tables and indexes of guide 002, "2.2 Verify Schema Integrity" and "2.3 Create Performance Indexes".
-- The extensions are the superuser's to make; the owner of the database may not.
CREATE TABLE projects (
  id uuid CONSTRAINT pk_projects PRIMARY KEY DEFAULT uuid_generate_v4(),
  name text NOT NULL CONSTRAINT uq_projects_name UNIQUE,
  description text,
  status text NOT NULL DEFAULT 'active' CONSTRAINT ck_projects_status CHECK (status IN ('active', 'archived')),
  owner text NOT NULL DEFAULT 'system',
  is_default boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_projects_name ON projects (name);
CREATE INDEX idx_projects_status ON projects (status);
CREATE INDEX idx_projects_created_at ON projects (created_at);
CREATE UNIQUE INDEX uq_projects_default ON projects (owner) WHERE is_default;

CREATE TABLE sessions (
  id uuid CONSTRAINT pk_sessions PRIMARY KEY DEFAULT uuid_generate_v4(),
  project_id uuid NOT NULL CONSTRAINT fk_sessions_project REFERENCES projects (id) ON DELETE CASCADE,
  user_name text NOT NULL,
  agent_type text NOT NULL,
  status text NOT NULL DEFAULT 'active' CONSTRAINT ck_sessions_status CHECK (status IN ('active', 'ended')),
  requests bigint NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz
);
CREATE INDEX idx_sessions_project_id ON sessions (project_id);
CREATE INDEX idx_sessions_agent_type ON sessions (agent_type);
CREATE INDEX idx_sessions_started_at ON sessions (started_at);

CREATE TABLE contexts (
  id uuid CONSTRAINT pk_contexts PRIMARY KEY DEFAULT uuid_generate_v4(),
  project_id uuid NOT NULL CONSTRAINT fk_contexts_project REFERENCES projects (id) ON DELETE CASCADE,
  session_id uuid CONSTRAINT fk_contexts_session REFERENCES sessions (id) ON DELETE SET NULL,
  context_type text NOT NULL,
  content text NOT NULL,
  tags text[],
  embedding vector(64) NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_contexts_project_id ON contexts (project_id);
CREATE INDEX idx_contexts_session_id ON contexts (session_id);
CREATE INDEX idx_contexts_type ON contexts (context_type);
CREATE INDEX idx_contexts_content_trgm ON contexts USING gin (content gin_trgm_ops);
CREATE INDEX idx_contexts_embedding ON contexts USING hnsw (embedding vector_cosine_ops);

CREATE TABLE pattern_discovery_sessions (
  id uuid CONSTRAINT pk_pattern_discovery_sessions PRIMARY KEY DEFAULT uuid_generate_v4(),
  project_id uuid NOT NULL CONSTRAINT fk_pattern_discovery_sessions_project REFERENCES projects (id) ON DELETE CASCADE,
  session_id uuid CONSTRAINT fk_pattern_discovery_sessions_session REFERENCES sessions (id) ON DELETE SET NULL,
  patterns jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE metrics_collection_sessions (
  id uuid CONSTRAINT pk_metrics_collection_sessions PRIMARY KEY DEFAULT uuid_generate_v4(),
  project_id uuid NOT NULL CONSTRAINT fk_metrics_collection_sessions_project REFERENCES projects (id) ON DELETE CASCADE,
  session_id uuid CONSTRAINT fk_metrics_collection_sessions_session REFERENCES sessions (id) ON DELETE SET NULL,
  status text NOT NULL DEFAULT 'running' CONSTRAINT ck_metrics_collection_sessions_status CHECK (status IN ('running', 'stopped')),
  samples integer NOT NULL DEFAULT 0,
  metrics jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  sampled_at timestamptz
);

CREATE TABLE code_analysis_sessions (
  id uuid CONSTRAINT pk_code_analysis_sessions PRIMARY KEY DEFAULT uuid_generate_v4(),
  project_id uuid NOT NULL CONSTRAINT fk_code_analysis_sessions_project REFERENCES projects (id) ON DELETE CASCADE,
  session_id uuid CONSTRAINT fk_code_analysis_sessions_session REFERENCES sessions (id) ON DELETE SET NULL,
  findings jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE complexity_analysis_sessions (
  id uuid CONSTRAINT pk_complexity_analysis_sessions PRIMARY KEY DEFAULT uuid_generate_v4(),
  project_id uuid NOT NULL CONSTRAINT fk_complexity_analysis_sessions_project REFERENCES projects (id) ON DELETE CASCADE,
  session_id uuid CONSTRAINT fk_complexity_analysis_sessions_session REFERENCES sessions (id) ON DELETE SET NULL,
  complexity integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- The audit trail outlives what it tells of.
CREATE TABLE event_log (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_event_log PRIMARY KEY,
  event_type text NOT NULL,
  entity_id uuid,
  project_id uuid CONSTRAINT fk_event_log_project REFERENCES projects (id) ON DELETE SET NULL,
  session_id uuid CONSTRAINT fk_event_log_session REFERENCES sessions (id) ON DELETE SET NULL,
  actor text NOT NULL,
  details jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_event_log_entity_id ON event_log (entity_id);

-- Guide 002, "3.2 Create Default System Project", with an id that is the same everywhere: DEFAULT_PROJECT_ID names it.
INSERT INTO projects (id, name, description, status)
VALUES ('a1d15000-0000-4000-8000-000000000001', 'System Default', 'Default system project for new sessions', 'active')
ON CONFLICT (name) DO NOTHING;
