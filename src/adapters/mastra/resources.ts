import type { StorageResourceType } from '@mastra/core/storage';
import { OperationError } from '../../client/operation-error.ts';
import { chunked, isKey, type Service, unlessMissing } from './service.ts';

// A resource is a user, and what is kept of it the companion's working memory of that user: its text is the working memory
// of Mastra, its data says the rest.

interface WorkingMemoryNode {
  content: string;
  data: { createdAt?: string; updatedAt?: string; metadata?: Record<string, unknown>; isBlank?: boolean } | null;
  version: number;
  updatedAt: string;
}
const WORKING_MEMORY = 'content data version updatedAt';

/** One that another program wrote has a text alone. */
function toResource(id: string, { content, data, updatedAt }: WorkingMemoryNode): StorageResourceType {
  return {
    id,
    ...(!data?.isBlank && { workingMemory: content }),
    ...(data?.metadata && { metadata: data.metadata }),
    createdAt: new Date(data?.createdAt ?? updatedAt),
    updatedAt: new Date(data?.updatedAt ?? updatedAt),
  };
}

const ofUser = (service: Service, resourceId: string) => ({
  companion: service.companion,
  user: { externalId: resourceId },
  scope: 'USER',
});

async function read(service: Service, resourceId: string): Promise<WorkingMemoryNode | null> {
  if (!isKey(resourceId)) return null;
  const { workingMemory } = await service.ask<{ workingMemory: WorkingMemoryNode | null }>(
    `query ($companion: CompanionRef!, $user: UserRef!) {
      workingMemory(companion: $companion, user: $user, scope: USER) { ${WORKING_MEMORY} }
    }`,
    { user: { externalId: resourceId } },
  );
  return workingMemory;
}

async function write(
  service: Service,
  { id, workingMemory, metadata, createdAt, updatedAt }: StorageResourceType,
  expectedVersion?: number,
): Promise<void> {
  const data = {
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    ...(metadata && { metadata }),
    ...(workingMemory === undefined && { isBlank: true }),
  };
  const input = { ...ofUser(service, id), content: workingMemory ?? '', data };
  await service.change([
    { field: 'updateWorkingMemory', input: { ...input, ...(expectedVersion !== undefined && { expectedVersion }) } },
  ]);
}

export async function getResource(service: Service, resourceId: string): Promise<StorageResourceType | null> {
  const found = await read(service, resourceId);
  return found && toResource(resourceId, found);
}

export async function saveResource(service: Service, resource: StorageResourceType): Promise<StorageResourceType> {
  await write(service, resource);
  return resource;
}

/** So often an update is tried again, after others came in between. */
const MOST_TRIES = 20;

/** Changes what is given, member by member of the metadata; a resource that there is not is made. */
export async function updateResource(
  service: Service,
  change: { resourceId: string; workingMemory?: string | undefined; metadata?: Record<string, unknown> | undefined },
): Promise<StorageResourceType> {
  const { resourceId: id, workingMemory, metadata } = change;
  for (let tries = 1; ; tries++) {
    const found = await read(service, id);
    const before = found && toResource(id, found);
    const now = new Date();
    const after: StorageResourceType = {
      createdAt: now,
      ...before,
      id,
      ...(workingMemory !== undefined && { workingMemory }),
      metadata: { ...before?.metadata, ...metadata },
      updatedAt: now,
    };
    try {
      await write(service, after, found?.version ?? 0);
      return after;
    } catch (error) {
      if (!(error instanceof OperationError && error.code === 'CONFLICT') || tries === MOST_TRIES) throw error;
    }
  }
}

/** Deletes the companion's working memories of all users. */
export async function deleteAllResources(service: Service): Promise<void> {
  for (let after: string | null = null; ; ) {
    const { users }: UserPage = await service.ask<UserPage>(
      'query ($after: String) { users(first: 100, after: $after) { nodes { externalId } pageInfo { hasNextPage endCursor } } }',
      { after },
    );
    for (const some of chunked(users.nodes, 10)) {
      await Promise.all(
        some.map(({ externalId }) =>
          unlessMissing(service.change([{ field: 'deleteWorkingMemory', input: ofUser(service, externalId) }])),
        ),
      );
    }
    if (!users.pageInfo.hasNextPage) return;
    after = users.pageInfo.endCursor;
  }
}

interface UserPage {
  users: { nodes: { externalId: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}
