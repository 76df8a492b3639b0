/**
 * Loads the companies that VIP 1.1 names by country (`contracting-entities.json` beside the market files) at start. The
 * file can add countries; one that is stored never changes by it: that is what transfers are for.
 */
import path from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Type } from 'class-transformer';
import { ArrayUnique, IsArray, IsNotEmpty, IsObject, IsString, ValidateNested } from 'class-validator';
import { Config } from '../platform/config.js';
import { Database } from '../platform/database/database.js';
import { IsCountry } from '../platform/http/params.dto.js';
import { readShippedFile } from '../platform/shipped-file.js';
import { ContractingEntityEntity } from './contracting-entity.entity.js';

class EntityPart {
  @IsCountry()
  country: string;

  @IsString()
  @IsNotEmpty()
  name: string;

  @IsString()
  @IsNotEmpty()
  source: string;
}

class EntitiesFile {
  @IsArray()
  @IsObject({ each: true })
  @ArrayUnique((entity: EntityPart) => entity.country, { message: 'entities: two of them have the same country' })
  @ValidateNested({ each: true })
  @Type(() => EntityPart)
  entities: EntityPart[];
}

@Injectable()
export class LoadCompanies implements OnModuleInit {
  constructor(
    private readonly config: Config,
    private readonly database: Database,
  ) {}

  async onModuleInit(): Promise<void> {
    const file = path.resolve(this.config.MARKETS_DIR, 'contracting-entities.json');
    const { entities } = await readShippedFile(file, EntitiesFile);
    const { reader } = this.database;
    for (const entity of entities) {
      // Several processes may start at once.
      await reader.insert(ContractingEntityEntity, { ...entity }, 'ignore');
      const { name } = await reader.require(ContractingEntityEntity, { country: entity.country });
      if (name === entity.name) continue;
      throw new Error(
        `${file}: the company for ${entity.country} is ${name} here. It never changes by a file: order a transfer.`,
      );
    }
  }
}
