import type { DBInstance, DBSnapshot, DescribeDBSnapshotsCommandInput, RDS } from "@aws-sdk/client-rds";

/** What more than one asks of RDS. */

/** Undefined when there is none of that name. */
export async function instanceOf(rds: RDS, DBInstanceIdentifier: string): Promise<DBInstance | undefined> {
  return (await rds.describeDBInstances({ DBInstanceIdentifier }).catch(unlessGone))?.DBInstances?.[0];
}

/** All of them, page by page. */
export async function snapshotsOf(rds: RDS, asked: DescribeDBSnapshotsCommandInput): Promise<readonly DBSnapshot[]> {
  const found: DBSnapshot[] = [];
  let Marker: string | undefined;
  do {
    const page = await rds.describeDBSnapshots({ ...asked, ...(Marker !== undefined && { Marker }) });
    found.push(...(page.DBSnapshots ?? []));
    Marker = page.Marker;
  } while (Marker !== undefined);
  return found;
}

/** For a server that need not be there. */
export function unlessGone(error: unknown): undefined {
  if (error instanceof Error && /DBInstanceNotFound/.test(error.name)) return undefined;
  throw error;
}
