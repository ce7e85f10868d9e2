// Generated from proto/containerd/services/images/v1/images.proto by make proto: change that, not this.
import { Descriptor } from "../../../types/descriptor.ts";
import { Empty } from "../../../../google/protobuf/empty.ts";
import { FieldMask } from "../../../../google/protobuf/field_mask.ts";
import { Timestamp } from "../../../../google/protobuf/timestamp.ts";
import { flag, many, map, one, text, texts } from "../../../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../../../protobuf/message.ts";
import { unary } from "../../../../../protobuf/service.ts";

export type Image = MessageOf<typeof Image>;
export const Image = message({
  name: text(1),
  labels: map(2, text),
  target: one(3, Descriptor),
  createdAt: one(7, Timestamp),
  updatedAt: one(8, Timestamp),
});

export type GetImageRequest = MessageOf<typeof GetImageRequest>;
export const GetImageRequest = message({
  name: text(1),
});

export type GetImageResponse = MessageOf<typeof GetImageResponse>;
export const GetImageResponse = message({
  image: one(1, Image),
});

export type CreateImageRequest = MessageOf<typeof CreateImageRequest>;
export const CreateImageRequest = message({
  image: one(1, Image),
});

export type CreateImageResponse = MessageOf<typeof CreateImageResponse>;
export const CreateImageResponse = message({
  image: one(1, Image),
});

export type UpdateImageRequest = MessageOf<typeof UpdateImageRequest>;
export const UpdateImageRequest = message({
  image: one(1, Image),
  updateMask: one(2, FieldMask),
});

export type UpdateImageResponse = MessageOf<typeof UpdateImageResponse>;
export const UpdateImageResponse = message({
  image: one(1, Image),
});

export type ListImagesRequest = MessageOf<typeof ListImagesRequest>;
export const ListImagesRequest = message({
  filters: texts(1),
});

export type ListImagesResponse = MessageOf<typeof ListImagesResponse>;
export const ListImagesResponse = message({
  images: many(1, Image),
});

export type DeleteImageRequest = MessageOf<typeof DeleteImageRequest>;
export const DeleteImageRequest = message({
  name: text(1),
  sync: flag(2),
});

export type ImagesDefinition = typeof ImagesDefinition;
export const ImagesDefinition = {
  fullName: "containerd.services.images.v1.Images",
  methods: {
    get: unary("Get", GetImageRequest, GetImageResponse),
    list: unary("List", ListImagesRequest, ListImagesResponse),
    create: unary("Create", CreateImageRequest, CreateImageResponse),
    update: unary("Update", UpdateImageRequest, UpdateImageResponse),
    delete: unary("Delete", DeleteImageRequest, Empty),
  },
} as const;
